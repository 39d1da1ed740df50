import { readdirSync } from 'node:fs';
import path from 'node:path';
import { RequestMethod } from '@nestjs/common';
import { transformSync } from '@swc/core';
import { validate } from 'dockerfile-utils';
import { stringify } from 'yaml';
import { HealthController } from '../../apps/demo-api/src/health/health.controller.js';
import { VARIABLES } from '../../apps/demo-api/src/settings/variables.js';
import { DEFAULTS, OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/option-table.js';
import { type Compose, readCompose, readText, readVariables, readYaml } from '../support/deployment-files.js';
import { commandOf, environmentOf, filesSent, isSent, readDockerfile, stagesOf } from '../support/dockerfile.js';
import { ROOT } from '../support/readme-pages.js';

const USER = '65532';
const DOCKERFILE = readDockerfile();
const ENV_OF_IMAGE = environmentOf(DOCKERFILE);
/** What Node.js and the system read. */
const OF_NODE = ['NODE_ENV', 'PATH', 'TMPDIR'];
const KNOWN_VARIABLES = new Set([...Object.keys(VARIABLES), ...Object.values(OPTION_VARIABLES), ...OF_NODE]);
const SECRET = /SECRET|PASSWORD|TOKEN|AUTH|KEY/;

const unknownOf = (names: readonly string[]): string[] => names.filter((name) => !KNOWN_VARIABLES.has(name));

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifestOf = (file: string): Manifest => JSON.parse(readText(file)) as Manifest;

describe('apps/demo-api/package.json', () => {
  const { dependencies = {} } = manifestOf('apps/demo-api/package.json');
  /** Installed by applications that set `transport: 'http-service'`, keep evidence in a bucket or on many machines; this one does none of it. */
  const OPTIONAL = new Set(['@nestjs/axios', 'axios', '@opentelemetry/api', '@aws-sdk/client-s3', 'bullmq']);
  /** Imported by other packages, which name them as peers. */
  const PEERS = ['reflect-metadata', '@fastify/static', '@opentelemetry/api'];

  /** The packages that the compiled file loads; imports of types are gone. */
  function packagesOf(file: string): string[] {
    const { code } = transformSync(readText(file), { filename: file, configFile: path.join(ROOT, '.swcrc') });
    return [...code.matchAll(/\brequire\("(?<name>(?:@[\w-]+\/)?[\w-][\w.-]*)/g)].flatMap(({ groups, index }) => {
      const name = groups!['name']!;
      const isOwn = name.startsWith('node:') || code.startsWith('node:', index + 'require("'.length);
      return isOwn || name.startsWith('nestjs-bankcard-ocr') ? [] : [name];
    });
  }

  it('has what the built demo and the library load, and what these need as peers; nothing else', () => {
    const built = filesSent().filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
    const loaded = new Set(built.flatMap(packagesOf).filter((name) => !OPTIONAL.has(name)));
    expect(loaded.size).toBeGreaterThan(10);
    expect(Object.keys(dependencies).sort()).toEqual([...loaded, ...PEERS].sort());
  });

  it('wants what the root wants, where both want a package', () => {
    const { devDependencies } = manifestOf('package.json');
    for (const [name, range] of Object.entries(dependencies))
      expect([name, devDependencies[name] ?? range]).toEqual([name, range]);
  });
});

/** What is wrong with a Dockerfile, beyond mistakes that a build would report. */
function faultsOfDockerfile(text: string): string[] {
  const stages = stagesOf(text);
  const last = stages.at(-1)!;
  const has = (keyword: string) => last.steps.filter((step) => step.keyword === keyword);
  const steps = stages.flatMap((stage) => stage.steps);
  const env = environmentOf(text);
  const names = new Set(stages.map(({ name }) => name));
  const cmd = has('CMD').at(-1)?.command ?? [];
  const check = has('HEALTHCHECK').at(-1)?.command ?? [];
  return [
    ...validate(text, {}).map(
      ({ message, range }) => `line ${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
    ),
    ...stages
      .filter(({ base }) => !names.has(base) && !(/:[^/]+$/.test(base) && !base.endsWith(':latest')))
      .map(({ base }) => `${base} has no tag of a version`),
    ...steps
      .filter(({ keyword, command }) => ['RUN', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(keyword) && !command)
      .map(({ keyword, content }) => `${keyword} ${content} needs a shell`),
    ...steps.filter(({ keyword }) => keyword === 'ADD').map(({ content }) => `ADD ${content}: use COPY`),
    ...steps
      .filter(({ keyword, content }) => keyword === 'COPY' && /^\.\/?\s/.test(content))
      .map(({ content }) => `COPY ${content} takes everything`),
    ...steps
      .filter(({ keyword, content }) => ['ARG', 'ENV'].includes(keyword) && SECRET.test(content))
      .map(({ keyword }) => `a secret in ${keyword} stays in the image`),
    ...has('RUN').map(() => 'the last stage runs something, and may have no shell'),
    ...(has('USER').at(-1)?.content === `${USER}:${USER}` ? [] : ['USER must be a number that is not 0']),
    ...(env['NODE_ENV'] === 'production' ? [] : ['NODE_ENV is not production']),
    ...(has('EXPOSE').at(-1)?.content === env['PORT'] ? [] : ['EXPOSE is not PORT']),
    ...(cmd[0] === 'node' ? [] : ['CMD is not Node.js itself']),
    ...(check[0] === 'node' ? [] : ['HEALTHCHECK needs more than Node.js']),
    ...(has('ENTRYPOINT').at(-1)?.content === '[]' ? [] : ['the entry point of the base image comes before CMD']),
    ...unknownOf(Object.keys(env)).map((name) => `nothing reads ${name}`),
  ];
}

describe('the Dockerfile', () => {
  it('keeps the rules', () => {
    expect(faultsOfDockerfile(DOCKERFILE)).toEqual([]);
  });

  it.each([
    ['a mistake that a build would report', 'EXPOSE 3000', 'EXPOSE port', 2],
    ['an image without a tag', ':24-trixie-slim', '', 1],
    ['the image that is the latest', '13:nonroot\n', '13:latest\n', 1],
    ['a shell as process 1', /CMD \["node".*main.js"\]/, 'CMD node main.js', 2],
    ['npm as process 1', /CMD \["node".*main.js"\]/, 'CMD ["npm", "start"]', 1],
    ['a health check by a shell', /CMD \["node".*live"\]/, 'CMD curl http://127.0.0.1:3000', 2],
    ['the whole context', 'COPY nest-cli.json tsconfig.json ./', 'COPY . .', 1],
    ['ADD', 'COPY nest-cli.json', 'ADD nest-cli.json', 1],
    ['a secret', 'PORT=3000', 'PORT=3000 BANKCARD_OCR_SECRET=x', 1],
    ['a variable that nothing reads', 'PORT=3000', 'PORT=3000 DEMO_AUDIT_FIEL=x', 1],
    ['another port', 'PORT=3000', 'PORT=3001', 1],
    ['root', `USER ${USER}:${USER}`, 'USER root', 1],
    ['a user by name', `USER ${USER}:${USER}`, 'USER nonroot', 1],
    ['a package manager at run time', 'EXPOSE', 'RUN ["npm", "rebuild"]\nEXPOSE', 1],
    ['the development mode', 'NODE_ENV=production', 'NODE_ENV=development', 1],
    ['the entry point of the base image', 'ENTRYPOINT []\n', '', 1],
  ])('would not pass with %s', (_what, part, other, faults) => {
    const spoilt = DOCKERFILE.replace(part, other);
    expect(spoilt).not.toBe(DOCKERFILE);
    expect(faultsOfDockerfile(spoilt)).toHaveLength(faults);
  });

  it('starts and checks files that are built', () => {
    for (const command of [commandOf(DOCKERFILE, 'CMD'), commandOf(DOCKERFILE, 'HEALTHCHECK')]) {
      const file = command.find((word) => word.endsWith('.js')) ?? '';
      expect(filesSent()).toContain(file.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
    }
  });

  it('is sent sources only', () => {
    const sent = filesSent();
    expect(sent).toContain('apps/demo-api/src/console/page/index.html');
    expect(sent.filter((file) => !/^(?:apps\/demo-api|libs\/bankcard-ocr)\/|^[\w.-]+$/.test(file))).toEqual([]);
    const rules = readText('.dockerignore');
    for (const file of [
      '.env',
      'apps/demo-api/src/.env.local',
      '.git/config',
      'node_modules/x/index.js',
      'dist/main.js',
    ])
      expect([file, isSent(rules, file)]).toEqual([file, false]);
    expect(isSent(rules, 'apps/demo-api/src/main.spec.ts')).toBe(false);
  });
});

/** Seconds that a shutdown may take: for the balancer to notice, the longest call, and a file system that hangs. */
const SHUTDOWN_S = Number(VARIABLES.DEMO_SHUTDOWN_DELAY_MS) / 1_000 + DEFAULTS.timeoutMs / 1_000 + 10;

const EXAMPLE = readVariables('ops/compose.env.example');

/** What is wrong with a compose.yaml. */
function faultsOfCompose({ services, networks }: Compose): string[] {
  const demo = services['demo']!;
  return [
    ...Object.entries(services).flatMap(([name, service]) => [
      ...(/:[\w.-]+$/.test(service.image) && !service.image.endsWith(':latest') ? [] : [`${name}: no version`]),
      ...(service.read_only === true ? [] : [`${name}: its root is not read-only`]),
      ...(service.cap_drop?.includes('ALL') ? [] : [`${name}: capabilities`]),
      ...(service.security_opt?.includes('no-new-privileges:true') ? [] : [`${name}: new privileges`]),
      ...(service.privileged ? [`${name}: privileged`] : []),
      ...(service.user === undefined || /^(?:root|0)(?::|$)/.test(service.user) ? [`${name}: root`] : []),
      ...(service.healthcheck?.test[0] === 'CMD' ? [] : [`${name}: no health check, or one by a shell`]),
      ...(service.tmpfs?.every((mount) => mount.includes('size=')) ? [] : [`${name}: a tmpfs without a bound`]),
    ]),
    ...(Number.parseInt(demo.stop_grace_period ?? '10', 10) > SHUTDOWN_S ? [] : ['demo: it is killed too early']),
    ...(demo.user === `${USER}:${USER}` ? [] : ['demo: not the user of the image']),
    ...(demo.ports?.every((port) => port.startsWith('127.0.0.1:') && port.endsWith(`:${ENV_OF_IMAGE['PORT']}`))
      ? []
      : ['demo: a port that everybody can reach, or another one than PORT']),
    ...(services['redis']!.ports ? ['redis: can be reached from outside'] : []),
    ...(services['redis']!.networks?.every((name) => networks[name]?.internal) ? [] : ['redis: has a way outside']),
    ...unknownOf(Object.keys(demo.environment ?? {})).map((name) => `demo: nothing reads ${name}`),
  ];
}

describe('compose.yaml', () => {
  it('keeps the rules', () => {
    expect(faultsOfCompose(readCompose(EXAMPLE))).toEqual([]);
  });

  it.each([
    ['a root that can be written to', 'read_only: true', 'read_only: false', 2],
    ['capabilities', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]', 2],
    ['the usual 10 s', 'stop_grace_period: 45s', 'stop_grace_period: 10s', 1],
    ['a port for everybody', '127.0.0.1:3000-3001:', '3000-3001:', 1],
    ['another user', `user: '${USER}:${USER}'`, 'user: root', 2],
    ['a version that changes', 'redis:8.2-trixie', 'redis:latest', 1],
    ['a Redis on the internet', 'internal: true', 'internal: false', 1],
    ['a spelling mistake', 'DEMO_REDIS_URL:', 'DEMO_REDIS_URI:', 1],
    ['photos that fill the memory', 'size=512m,', '', 1],
  ])('would not pass with %s', (_what, part, other, faults) => {
    const text = readText('compose.yaml');
    expect(text).toContain(part);
    expect(faultsOfCompose(readCompose(EXAMPLE, text.replace(part, other)))).toHaveLength(faults);
  });

  it('needs what its example has', () => {
    const names = Object.keys(EXAMPLE);
    expect(unknownOf(names)).toEqual(['REDIS_PASSWORD']);
    expect(() => readCompose({})).toThrow('REDIS_PASSWORD');
    for (const name of [
      'BANKCARD_OCR_APP_ID',
      'BANKCARD_OCR_SECRET',
      'DEMO_API_KEYS',
      'DEMO_AUDIT_KEY',
      'DEMO_ARCHIVE_WRAPPING_KEYS',
    ])
      expect(names).toContain(name);
  });

  it('takes the images of the Dockerfile, unless told otherwise', () => {
    const { args } = readCompose(EXAMPLE).services['demo']!.build!;
    const stages = stagesOf(DOCKERFILE);
    expect(args).toEqual({ BUILD_IMAGE: stages[0]!.base, RUNTIME_IMAGE: stages.at(-1)!.base });
    expect(readCompose({ ...EXAMPLE, RUNTIME_IMAGE: 'other:1' }).services['demo']!.build!.args['RUNTIME_IMAGE']).toBe(
      'other:1',
    );
  });

  it('mounts what the image writes to', () => {
    const { volumes, tmpfs } = readCompose(EXAMPLE).services['demo']!;
    const { environment = {} } = readCompose(EXAMPLE).services['demo']!;
    expect(volumes).toEqual([
      `audit:${path.posix.dirname(ENV_OF_IMAGE['DEMO_AUDIT_FILE']!)}`,
      `archive:${environment['DEMO_ARCHIVE_DIRECTORY']}`,
      `archive-keys:${environment['DEMO_ARCHIVE_KEYS_DIRECTORY']}`,
    ]);
    // Volumes take over the owner of what the image has there: the process could not write to them otherwise.
    const owned = [...DOCKERFILE.matchAll(/^COPY --from=\S+ --chown=65532:65532 \S+ (\S+)$/gm)].map(
      ([, place]) => place,
    );
    expect(owned).toEqual(volumes!.map((volume) => volume.split(':')[1]));
    expect(tmpfs).toEqual([expect.stringMatching(new RegExp(`^${ENV_OF_IMAGE['TMPDIR']}:`))]);
  });
});

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom: readonly {
    readonly configMapRef?: { readonly name: string };
    readonly secretRef?: { readonly name: string };
  }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Readonly<Record<string, string>>;
}

interface Deployment extends Resource {
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly rollingUpdate: { readonly maxUnavailable: number } };
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: object; readonly annotations?: Readonly<Record<string, string>> };
      readonly spec: {
        readonly automountServiceAccountToken: boolean;
        readonly securityContext: object;
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly Container[];
        readonly volumes: readonly {
          readonly name: string;
          readonly emptyDir?: { readonly sizeLimit: string };
          readonly persistentVolumeClaim?: { readonly claimName: string };
        }[];
      };
    };
  };
}

describe('ops/kubernetes', () => {
  const FOLDER = 'ops/kubernetes';
  const files = readdirSync(path.join(ROOT, FOLDER)).filter((file) => file.endsWith('.yaml'));
  const read = (file: string): Resource => readYaml<Resource>(`${FOLDER}/${file}`)[0]!;
  const kustomization = readYaml<{
    readonly resources: readonly string[];
    readonly configMapGenerator: readonly { readonly name: string; readonly envs: readonly string[] }[];
    readonly images: readonly { readonly name: string; readonly newTag: string }[];
  }>(`${FOLDER}/kustomization.yaml`)[0]!;
  const { spec } = read('deployment.yaml') as Deployment;
  const pod = spec.template.spec;
  const [container] = pod.containers as [Container];
  const settings = readVariables(`${FOLDER}/demo-api.env`);
  const secret = read('secret.example.yaml');

  /** The paths that can be had without a key. */
  const ROUTES = ['live', 'ready'].map((method) => {
    const handler = HealthController.prototype[method as 'live'];
    expect(Reflect.getMetadata('method', handler)).toBe(RequestMethod.GET);
    return `/${Reflect.getMetadata('path', HealthController)}/${Reflect.getMetadata('path', handler)}`;
  });

  it('is all listed, but for the example of what is secret', () => {
    const listed = ['kustomization.yaml', 'secret.example.yaml', ...kustomization.resources];
    expect([...listed].sort()).toEqual(files);
    for (const file of files) expect(readYaml(`${FOLDER}/${file}`)).toHaveLength(1);
  });

  it('names one thing by one name', () => {
    const labels = { 'app.kubernetes.io/name': 'demo-api' };
    expect([spec.selector.matchLabels, spec.template.metadata.labels]).toEqual([labels, labels]);
    for (const file of ['service.yaml', 'pod-disruption-budget.yaml', 'network-policy.yaml'])
      expect(stringify(read(file)).replaceAll('matchLabels:\n', '')).toContain('app.kubernetes.io/name: demo-api');
    expect(container.envFrom).toEqual([
      { configMapRef: { name: kustomization.configMapGenerator[0]!.name } },
      { secretRef: { name: secret.metadata.name } },
    ]);
    expect(kustomization.images[0]!.name).toBe(container.image);
    const claims = pod.volumes.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
    expect(claims).toEqual([read('audit-volume-claim.yaml').metadata.name]);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(pod.volumes.map(({ name }) => name));
  });

  it('sets variables that something reads, secrets in the Secret and nothing else there', () => {
    const own = container.env.map(({ name }) => name);
    expect(unknownOf([...own, ...Object.keys(settings), ...Object.keys(secret.stringData!)])).toEqual([]);
    expect([...own, ...Object.keys(settings)].filter((name) => SECRET.test(name))).toEqual([]);
    for (const [name, value] of Object.entries(secret.stringData!))
      expect([name, value]).toEqual([name, expect.stringContaining('replace-with-')]);
    const all = { ...ENV_OF_IMAGE, ...settings, ...secret.stringData };
    for (const name of ['BANKCARD_OCR_APP_ID', 'BANKCARD_OCR_SECRET', 'BANKCARD_OCR_TICKET_STORE', 'DEMO_API_KEYS'])
      expect(Object.keys(all)).toContain(name);
  });

  it('probes routes that exist, by the port that is listened on', () => {
    expect(ROUTES).toEqual(['/health/live', '/health/ready']);
    const [live, ready] = ROUTES;
    const { startupProbe, livenessProbe, readinessProbe } = container;
    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: live, port: 'http' },
      { path: live, port: 'http' },
      { path: ready, port: 'http' },
    ]);
    const http = container.ports.find(({ name }) => name === 'http')?.containerPort;
    expect(container.env).toContainEqual({ name: 'PORT', value: `${http}` });
    expect(`${http}`).toBe(ENV_OF_IMAGE['PORT']);
    expect(stringify(read('service.yaml'))).toContain('targetPort: http');
  });

  it('has its metrics fetched by Prometheus, and by nobody else', () => {
    const port = container.ports.find(({ name }) => name === 'metrics')?.containerPort;
    expect(container.env).toContainEqual({ name: 'DEMO_METRICS_PORT', value: `${port}` });
    expect(spec.template.metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/path': '/metrics',
      'prometheus.io/port': `${port}`,
    });
    expect(stringify(read('service.yaml'))).not.toContain('metrics');
    expect(stringify(read('network-policy.yaml'))).toContain('port: metrics');
  });

  it('replaces pods without a gap, and kills none that is at work', () => {
    expect(spec.replicas).toBeGreaterThanOrEqual(2);
    expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    const delay = container.env.find(({ name }) => name === 'DEMO_SHUTDOWN_DELAY_MS');
    expect(delay?.value).toBe(VARIABLES.DEMO_SHUTDOWN_DELAY_MS);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(SHUTDOWN_S);
    for (const page of ['docs/production.md', 'docs/production.zh-CN.md']) {
      const text = readText(page);
      expect(text).toContain(`**${SHUTDOWN_S} ${page.endsWith('zh-CN.md') ? '秒' : 's'}**`);
      expect(text).toContain(`terminationGracePeriodSeconds: ${pod.terminationGracePeriodSeconds}`);
    }
  });

  it('may do as little as possible', () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: Number(USER),
      runAsGroup: Number(USER),
      fsGroup: Number(USER),
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('mounts what is written to, within bounds', () => {
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    expect([env['TMPDIR'], env['DEMO_AUDIT_FILE']]).toEqual([ENV_OF_IMAGE['TMPDIR'], ENV_OF_IMAGE['DEMO_AUDIT_FILE']]);
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([
      env['TMPDIR'],
      path.posix.dirname(env['DEMO_AUDIT_FILE']!),
    ]);
    for (const { emptyDir } of pod.volumes) if (emptyDir) expect(emptyDir.sizeLimit).toMatch(/^\d+Mi$/);
    expect(Object.keys(container.resources.requests)).toEqual(['cpu', 'memory', 'ephemeral-storage']);
    // docs/production.md#cpu
    expect(Object.keys(container.resources.limits)).toEqual(['memory', 'ephemeral-storage']);
  });
});
