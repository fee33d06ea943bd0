CREATE TABLE `holds` (
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	`accepted_at` integer,
	PRIMARY KEY(`destination`, `object`)
);
--> statement-breakpoint
CREATE TABLE `write_counts` (
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`hour` integer NOT NULL,
	`creates` integer DEFAULT 0 NOT NULL,
	`nulls` integer DEFAULT 0 NOT NULL,
	`owners` integer DEFAULT 0 NOT NULL,
	`records` integer DEFAULT 0 NOT NULL,
	`remapped` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`destination`, `object`, `hour`)
);
