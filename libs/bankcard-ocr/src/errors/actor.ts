/**
 * Who has to act so that the same thing succeeds: this library (it did what it could), the developer (configuration or
 * request), the vendor, the person with the card (a new photo), or the business side (a contract).
 */
export type Actor = 'us' | 'developer' | 'vendor' | 'end-user' | 'business';
