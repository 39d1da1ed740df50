import { S3Sandbox } from 'nestjs-bankcard-ocr/testing';

// A bucket in a process of its own, so that what it costs is not counted as the client's. A message empties it.
async function main(): Promise<void> {
  const sandbox = await S3Sandbox.start();
  const { bucket, clientOptions } = sandbox;
  process.on('message', () => {
    for (const key of sandbox.objects.keys()) if (/\/orders\//.test(key)) sandbox.objects.delete(key);
    process.send?.('empty');
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ bucket, client: clientOptions });
}

void main();
