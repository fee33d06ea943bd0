CREATE TABLE `traffic` (
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`record_key` text NOT NULL,
	`place` integer NOT NULL,
	`site` text NOT NULL,
	`day` integer NOT NULL,
	`channel` text NOT NULL,
	`source` text NOT NULL,
	`medium` text NOT NULL,
	`campaign` text NOT NULL,
	`landing_page` text NOT NULL,
	`visits` integer NOT NULL,
	`engaged_visits` integer NOT NULL,
	`new_visitors` integer NOT NULL,
	`conversions` real NOT NULL,
	`is_limited` integer NOT NULL,
	PRIMARY KEY(`connection`, `stream`, `record_key`, `place`)
);
--> statement-breakpoint
CREATE INDEX `traffic_day` ON `traffic` (`day`);