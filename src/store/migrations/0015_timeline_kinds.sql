DROP INDEX `touchpoints_person`;--> statement-breakpoint
DROP INDEX `touchpoints_account`;--> statement-breakpoint
CREATE INDEX `touchpoints_person` ON `touchpoints` (`person`,`seq`,`kind`) WHERE person IS NOT NULL;--> statement-breakpoint
CREATE INDEX `touchpoints_account` ON `touchpoints` (`account`,`seq`,`kind`) WHERE account IS NOT NULL AND person IS NULL;