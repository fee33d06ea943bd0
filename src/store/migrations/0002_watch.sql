CREATE TABLE `conflicts` (
	`id` text PRIMARY KEY NOT NULL,
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`entity` text NOT NULL,
	`crm_id` text NOT NULL,
	`field` text NOT NULL,
	`ours` text NOT NULL,
	`theirs` text NOT NULL,
	`written` text,
	`source` text NOT NULL,
	`reason` text NOT NULL,
	`operation` text NOT NULL,
	`state` text DEFAULT 'open' NOT NULL,
	`at` integer NOT NULL,
	`decided_at` integer
);
--> statement-breakpoint
CREATE INDEX `conflicts_state` ON `conflicts` (`state`,`at`);--> statement-breakpoint
CREATE INDEX `conflicts_record` ON `conflicts` (`destination`,`object`,`crm_id`);--> statement-breakpoint
CREATE TABLE `feeds` (
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`since` integer NOT NULL,
	`page` text,
	`began_at` integer,
	`newest` integer,
	`polled_at` integer,
	`deletions_at` integer,
	PRIMARY KEY(`destination`, `object`)
);
--> statement-breakpoint
ALTER TABLE `live` ADD `edited` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `live` ADD `modified_at` integer;--> statement-breakpoint
ALTER TABLE `live` ADD `deleted_at` integer;--> statement-breakpoint
ALTER TABLE `redirects` ADD `to_object` text;