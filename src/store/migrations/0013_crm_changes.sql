CREATE TABLE `crm_changes` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run` text NOT NULL,
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`crm_id` text NOT NULL,
	`kind` text NOT NULL,
	`change` text NOT NULL,
	`state` text NOT NULL,
	`error` text,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `crm_changes_run` ON `crm_changes` (`run`,`seq`);