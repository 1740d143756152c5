ALTER TABLE `deliveries` ADD `names_project` integer;--> statement-breakpoint
ALTER TABLE `events` ADD `after_named` integer;