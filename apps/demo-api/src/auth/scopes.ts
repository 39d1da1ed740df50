/**
 * What a key may allow, by scope:
 * - `cards:read`: query a card; its number stays masked
 * - `cards:reveal`: read a whole card number, which is audited
 * - `photos:read`: read a photo, which is audited
 * - `recognize`: send an image to recognition, which is billed
 * - `sdk:launch`: launch the phone SDK and check what it reports
 * - `ops`: see and refresh the credentials
 */
export const SCOPES = ['cards:read', 'cards:reveal', 'photos:read', 'recognize', 'sdk:launch', 'ops'] as const;

/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];
