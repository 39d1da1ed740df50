import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { freePort } from './redis-server.js';

const run = promisify(execFile);
const NEEDED = 'Ceph is missing: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common';

/** A Ceph of one monitor, one OSD that keeps objects in memory, and one gateway that speaks S3; it has no object at first. */
export class CephGateway implements AsyncDisposable {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'ceph-'));
  readonly #daemons: ChildProcess[] = [];
  readonly #keys = { accessKeyId: randomUUID(), secretAccessKey: randomUUID() };
  #url = '';

  static async start(): Promise<CephGateway> {
    const gateway = new CephGateway();
    try {
      await gateway.#start();
      return gateway;
    } catch (error) {
      await gateway.stop();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error(NEEDED, { cause: error });
      throw error;
    }
  }

  get clientOptions() {
    return {
      endpoint: this.#url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: this.#keys,
    } satisfies S3ClientConfig;
  }

  async #start(): Promise<void> {
    const [cluster, osd] = [randomUUID(), randomUUID()];
    const [monitorPort, gatewayPort] = [await freePort(), await freePort()];
    this.#url = `http://127.0.0.1:${gatewayPort}`;
    const at = (name: string): string => path.join(this.#directory, name);
    for (const name of ['mon', 'osd', 'rgw']) mkdirSync(at(name));
    const settings = {
      fsid: cluster,
      mon_host: `v1:127.0.0.1:${monitorPort}`,
      public_addr: '127.0.0.1',
      cluster_addr: '127.0.0.1',
      ...{ auth_cluster_required: 'none', auth_service_required: 'none', auth_client_required: 'none' },
      ...{
        osd_pool_default_size: 1,
        osd_pool_default_min_size: 1,
        osd_pool_default_pg_num: 8,
        mon_max_pg_per_osd: 1_000,
      },
      ...{ mon_allow_pool_size_one: true, mon_data_avail_crit: 0, osd_crush_chooseleaf_type: 0 },
      ...{ osd_objectstore: 'memstore', memstore_device_bytes: 2 ** 30 },
      ...{ mon_data: at('mon'), osd_data: at('osd'), rgw_data: at('rgw') },
      ...{
        run_dir: this.#directory,
        pid_file: at('$name.pid'),
        admin_socket: at('$name.asok'),
        log_file: at('$name.log'),
      },
      rgw_frontends: `beast endpoint=127.0.0.1:${gatewayPort}`,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
    writeFileSync(at('ceph.conf'), `[global]\n${lines.join('')}`);
    const ceph = async (program: string, ...args: string[]) => run(program, ['-c', at('ceph.conf'), ...args]);
    await run('ceph-authtool', [
      '--create-keyring',
      at('keyring'),
      '--gen-key',
      '-n',
      'mon.',
      '--cap',
      'mon',
      'allow *',
    ]);
    const monitor = ['--addv', 'a', `[v1:127.0.0.1:${monitorPort}]`];
    await run('monmaptool', ['--create', '--fsid', cluster, ...monitor, at('monmap')]);
    await ceph('ceph-mon', '-i', 'a', '--mkfs', '--monmap', at('monmap'), '--keyring', at('keyring'));
    this.#spawn('ceph-mon', '-i', 'a');
    await ceph('ceph', 'osd', 'new', osd);
    await ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
    this.#spawn('ceph-osd', '-i', '0');
    await ceph('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'host=one', 'root=default');
    this.#spawn('radosgw', '-n', 'client.rgw', '--no-mon-config');
    const { accessKeyId, secretAccessKey } = this.#keys;
    const user = [
      '--uid=archive',
      '--display-name=archive',
      `--access-key=${accessKeyId}`,
      `--secret-key=${secretAccessKey}`,
    ];
    await ceph('radosgw-admin', 'user', 'create', ...user);
    while (!(await fetch(this.#url).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 200));
  }

  #spawn(program: string, ...args: string[]): void {
    const configured = ['-c', path.join(this.#directory, 'ceph.conf'), '-f', ...args];
    this.#daemons.push(spawn(program, configured, { stdio: 'ignore' }));
  }

  /** kill -9, and wait for the end. What it held is gone. */
  async stop(): Promise<void> {
    for (const daemon of this.#daemons.splice(0).reverse()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null || daemon.pid === undefined) continue;
      const ended = once(daemon, 'exit');
      daemon.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
