/** The keys and the channel of one app id. The braces make all keys of it live on one node of a cluster. */
export interface RedisKeys {
  /** Hash: `write_id` and `record`, the JSON of a {@link TicketRecord} whose moments are by the clock of Redis. */
  readonly record: string;
  /** String: the id of the lease that is held; it expires when its holder is dead. */
  readonly lease: string;
  /** What could not be read as a record, for a day. */
  readonly damaged: string;
  /** The start tries on names that begin with this whether all that is needed is allowed; nothing stays there. */
  readonly probe: string;
  /** The revision of every record that is written is published here. */
  readonly channel: string;
}

/** @param channelPrefix the prefix that the client puts before keys, but not before channels */
export function redisKeysFor(appId: string, channelPrefix: string): RedisKeys {
  // Braces and colons of an app id would change what the tag is.
  const tag = `bankcard-ocr:{${appId.replace(/[^\w.-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)}}`;
  return {
    record: `${tag}:record`,
    lease: `${tag}:lease`,
    damaged: `${tag}:damaged`,
    probe: `${tag}:probe`,
    channel: `${channelPrefix}${tag}:changed`,
  };
}
