CREATE TABLE `hygiene_reports` (
	`destination` text PRIMARY KEY NOT NULL,
	`grade` text NOT NULL,
	`report` text NOT NULL
);
