CREATE TABLE `block_keys` (
	`key` integer NOT NULL,
	`entity` text NOT NULL,
	PRIMARY KEY(`key`, `entity`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `match_records` (
	`entity` text PRIMARY KEY NOT NULL,
	`attributes` text NOT NULL,
	`keys` text NOT NULL,
	`shared` text NOT NULL,
	`judged_by` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `entities` ADD `base` text;--> statement-breakpoint
ALTER TABLE `judgements` ADD `score` real;--> statement-breakpoint
CREATE INDEX `judgements_a_judged` ON `judgements` (`a`) WHERE judged_by IN ('person', 'model');--> statement-breakpoint
CREATE INDEX `judgements_b_judged` ON `judgements` (`b`) WHERE judged_by IN ('person', 'model');--> statement-breakpoint
CREATE INDEX `judgements_review` ON `judgements` (`score`,`a`,`b`) WHERE judged_by = 'model';