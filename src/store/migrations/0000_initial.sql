CREATE TABLE `dirty` (
	`stage` text NOT NULL,
	`kind` text NOT NULL,
	`id` text NOT NULL,
	`lane` integer NOT NULL,
	`due_at` integer NOT NULL,
	`since` integer NOT NULL,
	`stamp` integer NOT NULL,
	`is_merge` integer DEFAULT 0 NOT NULL,
	`not_before` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`stage`, `kind`, `id`)
);
--> statement-breakpoint
CREATE INDEX `dirty_ready` ON `dirty` (`stage`,`kind`,`lane`,`since`) WHERE not_before = 0;--> statement-breakpoint
CREATE INDEX `dirty_delayed` ON `dirty` (`stage`,`kind`,`not_before`) WHERE not_before > 0;--> statement-breakpoint
CREATE TABLE `enrichments` (
	`provider` text NOT NULL,
	`key` text NOT NULL,
	`at` integer NOT NULL,
	`status` text NOT NULL,
	`cost` real NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`provider`, `key`, `at`)
);
--> statement-breakpoint
CREATE INDEX `enrichments_spent` ON `enrichments` (`provider`,`at`,`cost`);--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`scope` text NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer,
	`state` text NOT NULL,
	`counts` text NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `runs_started` ON `runs` (`started_at`,`id`);--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `usage` (
	`connection` text NOT NULL,
	`day` integer NOT NULL,
	`calls` integer NOT NULL,
	`failures` integer NOT NULL,
	PRIMARY KEY(`connection`, `day`)
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`operation` text NOT NULL,
	`attempt` integer NOT NULL,
	`status` text NOT NULL,
	`request_id` text,
	`excerpt` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`operation`, `attempt`)
);
--> statement-breakpoint
CREATE TABLE `live` (
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`crm_id` text NOT NULL,
	`fields` text NOT NULL,
	`seen_at` integer NOT NULL,
	PRIMARY KEY(`destination`, `object`, `crm_id`)
);
--> statement-breakpoint
CREATE TABLE `operations` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`run` text,
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`entity` text NOT NULL,
	`external_id` text NOT NULL,
	`lane` integer NOT NULL,
	`due_at` integer NOT NULL,
	`kind` text NOT NULL,
	`on_multiple` text NOT NULL,
	`mode` text NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer DEFAULT 0 NOT NULL,
	`lease_until` integer,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	`created` integer DEFAULT 0 NOT NULL,
	`error` text,
	`fields` text NOT NULL,
	`links` text NOT NULL,
	`match_keys` text NOT NULL,
	`activity` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `operations_id_unique` ON `operations` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `operations_pending` ON `operations` (`destination`,`object`,`external_id`) WHERE state = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX `operations_sending` ON `operations` (`destination`,`object`,`external_id`) WHERE state = 'sending';--> statement-breakpoint
CREATE INDEX `operations_ready` ON `operations` (`destination`,`object`,`lane`,`due_at`,`not_before`,`external_id`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `operations_delayed` ON `operations` (`destination`,`object`,`not_before`) WHERE state = 'pending' AND not_before > 0;--> statement-breakpoint
CREATE INDEX `operations_lease` ON `operations` (`lease_until`) WHERE state = 'sending';--> statement-breakpoint
CREATE INDEX `operations_dead` ON `operations` (`finished_at`) WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX `operations_held` ON `operations` (`finished_at`) WHERE state = 'held';--> statement-breakpoint
CREATE INDEX `operations_entity` ON `operations` (`entity`);--> statement-breakpoint
CREATE INDEX `operations_run` ON `operations` (`run`) WHERE run IS NOT NULL;--> statement-breakpoint
CREATE INDEX `operations_totals` ON `operations` (`destination`,`object`,`state`,`created`);--> statement-breakpoint
CREATE TABLE `projections` (
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`entity` text NOT NULL,
	`external_id` text NOT NULL,
	`crm_id` text,
	`desired_hash` text,
	`logged_seq` integer DEFAULT 0 NOT NULL,
	`written` text DEFAULT '{}' NOT NULL,
	PRIMARY KEY(`destination`, `object`, `entity`)
);
--> statement-breakpoint
CREATE INDEX `projections_entity` ON `projections` (`entity`);--> statement-breakpoint
CREATE TABLE `redirects` (
	`destination` text NOT NULL,
	`object` text NOT NULL,
	`from_id` text NOT NULL,
	`to_id` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`destination`, `object`, `from_id`)
);
--> statement-breakpoint
CREATE TABLE `counters` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `documents` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`record_key` text NOT NULL,
	`person` text,
	`account` text,
	`key` text NOT NULL,
	`kind` text,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`total` integer NOT NULL,
	`paid` integer,
	`open` integer,
	`at` integer NOT NULL,
	`due_at` integer,
	`paid_at` integer,
	`invoice_key` text,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `documents_person` ON `documents` (`person`,`type`) WHERE person IS NOT NULL;--> statement-breakpoint
CREATE INDEX `documents_account` ON `documents` (`account`,`type`) WHERE account IS NOT NULL;--> statement-breakpoint
CREATE INDEX `documents_record` ON `documents` (`connection`,`stream`,`record_key`);--> statement-breakpoint
CREATE INDEX `documents_type` ON `documents` (`type`,`id`);--> statement-breakpoint
CREATE INDEX `documents_key` ON `documents` (`connection`,`key`) WHERE type = 'invoice';--> statement-breakpoint
CREATE INDEX `documents_invoice` ON `documents` (`connection`,`invoice_key`) WHERE invoice_key IS NOT NULL;--> statement-breakpoint
CREATE TABLE `touches` (
	`entity` text NOT NULL,
	`which` text NOT NULL,
	`is_plain` integer NOT NULL,
	`at` integer NOT NULL,
	`touchpoint` text NOT NULL,
	PRIMARY KEY(`entity`, `which`)
);
--> statement-breakpoint
CREATE TABLE `touchpoint_days` (
	`entity` text NOT NULL,
	`day` integer NOT NULL,
	`kind` text NOT NULL,
	`channel` text NOT NULL,
	`currency` text NOT NULL,
	`count` integer NOT NULL,
	`amount` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`entity`, `day`, `kind`, `channel`, `currency`)
);
--> statement-breakpoint
CREATE INDEX `touchpoint_days_day` ON `touchpoint_days` (`day`,`entity`);--> statement-breakpoint
CREATE TABLE `touchpoints` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`occurred_at` integer NOT NULL,
	`person` text,
	`account` text,
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`key` text NOT NULL,
	`channel` text NOT NULL,
	`direction` text NOT NULL,
	`title` text,
	`url` text,
	`referrer` text,
	`campaign` text,
	`amount` integer,
	`currency` text,
	`is_machine` integer NOT NULL,
	`props` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `touchpoints_id_unique` ON `touchpoints` (`id`);--> statement-breakpoint
CREATE INDEX `touchpoints_person_time` ON `touchpoints` (`person`,`occurred_at`);--> statement-breakpoint
CREATE INDEX `touchpoints_account_time` ON `touchpoints` (`account`,`occurred_at`) WHERE account IS NOT NULL;--> statement-breakpoint
CREATE INDEX `touchpoints_person` ON `touchpoints` (`person`) WHERE person IS NOT NULL;--> statement-breakpoint
CREATE INDEX `touchpoints_account` ON `touchpoints` (`account`) WHERE account IS NOT NULL AND person IS NULL;--> statement-breakpoint
CREATE TABLE `contributions` (
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`key` text NOT NULL,
	`kind` text NOT NULL,
	`slot` text NOT NULL,
	`entity` text NOT NULL,
	`account` text,
	`method` text NOT NULL,
	`confidence` real,
	`licence` text,
	`observed_at` integer NOT NULL,
	`attributes` text NOT NULL,
	PRIMARY KEY(`connection`, `stream`, `key`, `kind`, `slot`)
);
--> statement-breakpoint
CREATE INDEX `contributions_entity` ON `contributions` (`entity`);--> statement-breakpoint
CREATE TABLE `entities` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`root` text NOT NULL,
	`created_at` integer NOT NULL,
	`account` text,
	`stage` text,
	`golden_hash` text,
	`is_known` integer DEFAULT 0 NOT NULL,
	`golden` text,
	`search` text
);
--> statement-breakpoint
CREATE INDEX `entities_root` ON `entities` (`root`);--> statement-breakpoint
CREATE INDEX `entities_account` ON `entities` (`account`) WHERE account IS NOT NULL;--> statement-breakpoint
CREATE INDEX `entities_roots` ON `entities` (`kind`,`id`,`root`,`is_known`) WHERE root = id;--> statement-breakpoint
CREATE TABLE `identifiers` (
	`entity_kind` text NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`entity` text NOT NULL,
	PRIMARY KEY(`entity_kind`, `kind`, `value`)
);
--> statement-breakpoint
CREATE INDEX `identifiers_entity` ON `identifiers` (`entity`);--> statement-breakpoint
CREATE TABLE `judgements` (
	`a` text NOT NULL,
	`b` text NOT NULL,
	`judged_by` text NOT NULL,
	`verdict` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`a`, `b`, `judged_by`)
);
--> statement-breakpoint
CREATE TABLE `cursors` (
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`cursor` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`connection`, `stream`)
);
--> statement-breakpoint
CREATE TABLE `receipts` (
	`id` text PRIMARY KEY NOT NULL,
	`connection` text NOT NULL,
	`received_at` integer NOT NULL,
	`headers` text NOT NULL,
	`body` text NOT NULL,
	`state` text DEFAULT 'new' NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer NOT NULL,
	`settled_at` integer,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `receipts_state` ON `receipts` (`state`,`not_before`);--> statement-breakpoint
CREATE TABLE `records` (
	`connection` text NOT NULL,
	`stream` text NOT NULL,
	`key` text NOT NULL,
	`version` integer NOT NULL,
	`hash` text NOT NULL,
	`lane` integer NOT NULL,
	`is_deleted` integer DEFAULT 0 NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`is_update` integer DEFAULT 0 NOT NULL,
	`changed_at` integer NOT NULL,
	`settled_at` integer,
	`run` text,
	`error` text,
	`body` text NOT NULL,
	PRIMARY KEY(`connection`, `stream`, `key`)
);
--> statement-breakpoint
CREATE INDEX `records_pending` ON `records` (`lane`,`changed_at`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `records_dead` ON `records` (`settled_at`) WHERE state = 'dead';