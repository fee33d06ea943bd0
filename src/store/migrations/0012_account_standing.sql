ALTER TABLE `entities` ADD `parent` text;--> statement-breakpoint
ALTER TABLE `entities` ADD `name_key` text;--> statement-breakpoint
ALTER TABLE `entities` ADD `review_day` integer;--> statement-breakpoint
CREATE INDEX `entities_parent` ON `entities` (`parent`) WHERE parent IS NOT NULL;--> statement-breakpoint
CREATE INDEX `entities_name_key` ON `entities` (`kind`,`name_key`) WHERE name_key IS NOT NULL;--> statement-breakpoint
CREATE INDEX `entities_review` ON `entities` (`review_day`) WHERE review_day IS NOT NULL;