CREATE TABLE `deletion_holds` (
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`at` integer NOT NULL,
	`known` integer NOT NULL,
	`reason` text NOT NULL,
	PRIMARY KEY(`connection`, `stream`)
);
--> statement-breakpoint
CREATE TABLE `deletions` (
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`key` text NOT NULL,
	`version` integer NOT NULL,
	`lane` integer NOT NULL,
	`at` integer NOT NULL,
	`state` text NOT NULL,
	`run` text,
	`receipt` text,
	PRIMARY KEY(`connection`, `stream`, `key`)
);
--> statement-breakpoint
CREATE INDEX `deletions_state` ON `deletions` (`connection`,`stream`,`state`,`at`);--> statement-breakpoint
CREATE TABLE `seen` (
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`key` text NOT NULL,
	PRIMARY KEY(`connection`, `stream`, `key`)
);
--> statement-breakpoint
ALTER TABLE `cursors` ADD `full_since` integer;--> statement-breakpoint
CREATE INDEX `runs_scope` ON `runs` (`scope`,`started_at`);--> statement-breakpoint
CREATE INDEX `records_deleted` ON `records` (`connection`,`stream`) WHERE is_deleted = 1;