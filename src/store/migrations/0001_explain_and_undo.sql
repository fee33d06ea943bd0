CREATE TABLE `mapping_versions` (
	`hash` text PRIMARY KEY NOT NULL,
	`file` text NOT NULL,
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`seen_at` integer NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `deliveries` ADD `request` text;--> statement-breakpoint
ALTER TABLE `operations` ADD `mapping` text;--> statement-breakpoint
ALTER TABLE `operations` ADD `verify` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `operations_verify` ON `operations` (`destination`,`object`,`finished_at`) WHERE verify = 1;--> statement-breakpoint
CREATE INDEX `operations_not_stored` ON `operations` (`finished_at`) WHERE state = 'not_stored';--> statement-breakpoint
ALTER TABLE `records` ADD `receipt` text;--> statement-breakpoint
CREATE INDEX `projections_crm` ON `projections` (`destination`,`object`,`crm_id`) WHERE crm_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `projections_kept` ON `projections` (`destination`,`object`,`external_id`) WHERE external_id <> entity;--> statement-breakpoint
CREATE INDEX `judgements_b` ON `judgements` (`b`);