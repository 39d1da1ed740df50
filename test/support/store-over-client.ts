import { type RedisClient, RedisTicketStore } from 'nestjs-bankcard-ocr/redis';

/** An open store on a client of the test's own, which ends with the store: for suites that only close stores. */
export async function storeOverClient(client: RedisClient, appId: string): Promise<RedisTicketStore> {
  const store = new RedisTicketStore({ client, appId });
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    client.disconnect();
  };
  await store.open();
  return store;
}
