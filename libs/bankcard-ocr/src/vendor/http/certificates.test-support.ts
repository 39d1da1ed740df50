import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A key and its certificate, both in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Certificates that a CA nobody knows has signed; made when they are needed, so that no key lies in the repository. */
export interface Certificates {
  /** The certificate of the CA, in PEM. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Certificate;
  /** For 127.0.0.1 only. */
  readonly proxy: Certificate;
  /** For another host. */
  readonly elsewhere: Certificate;
}

/** Make a CA and what it signs; takes a fraction of a second. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificates-'));
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const sign = (name: string, names: string): Certificate => {
    writeFileSync(file(`${name}.ext`), `subjectAltName=${names}`);
    const [key, request, cert] = ['key', 'csr', 'pem'].map((ending) => file(`${name}.${ending}`)) as [
      string,
      string,
      string,
    ];
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', request, ...signer, '-extfile', file(`${name}.ext`), '-out', cert);
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  };
  try {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-days',
      '2',
      '-subj',
      '/CN=a CA',
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.pem'),
    );
    return {
      ca: readFileSync(file('ca.pem'), 'utf8'),
      server: sign('server', 'DNS:localhost,IP:127.0.0.1'),
      proxy: sign('proxy', 'IP:127.0.0.1'),
      elsewhere: sign('elsewhere', 'DNS:elsewhere.example'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
