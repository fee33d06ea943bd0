CREATE TABLE `bulk_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`vendor_id` text,
	`fields` text DEFAULT '[]' NOT NULL,
	`rows` integer DEFAULT 0 NOT NULL,
	`bytes` integer DEFAULT 0 NOT NULL,
	`page` text,
	`not_before` integer NOT NULL,
	`polls` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	`counts` text DEFAULT '{}' NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `bulk_jobs_open` ON `bulk_jobs` (`destination`,`object`,`kind`) WHERE finished_at IS NULL;--> statement-breakpoint
CREATE INDEX `bulk_jobs_finished` ON `bulk_jobs` (`finished_at`) WHERE finished_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `bulk_rows` (
	`job` text NOT NULL,
	`key` text NOT NULL,
	`operation` text NOT NULL,
	`parent` text NOT NULL,
	`sent` text NOT NULL,
	PRIMARY KEY(`job`, `key`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `bulk_rows_order` ON `bulk_rows` (`job`,`parent`,`key`);--> statement-breakpoint
CREATE INDEX `bulk_rows_operation` ON `bulk_rows` (`operation`);--> statement-breakpoint
ALTER TABLE `operations` ADD `job` text;--> statement-breakpoint
ALTER TABLE `projections` ADD `retired` text;