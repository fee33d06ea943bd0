CREATE TABLE `chores` (
	`run` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`request` text NOT NULL,
	`place` text,
	`result` text DEFAULT '{}' NOT NULL,
	`not_before` integer NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `chores_open` ON `chores` (`not_before`) WHERE finished_at IS NULL;