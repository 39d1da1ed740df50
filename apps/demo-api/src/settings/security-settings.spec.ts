import { hostname } from 'node:os';
import { readSecuritySettings } from './security-settings.js';

describe('readSecuritySettings', () => {
  it('puts the name of the machine into the name of the audit file', () => {
    const { settings } = readSecuritySettings({ DEMO_AUDIT_FILE: '/audit/{hostname}.jsonl' });
    expect(settings.auditFile).toBe(`/audit/${hostname()}.jsonl`);
  });
});
