/** How long things are kept, in days; null for ever. */
export type Retention = { readonly rawDays: number | null; readonly eventsDays: number | null };

export const forEver: Retention = { rawDays: null, eventsDays: null };
