/** What is demanded of every TLS connection, whatever the environment allows. */
export const TLS = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;
