import { MINUTE, SECOND } from '../support/moved-time.js';
import { type Player, SharedStage } from '../support/shared-stage.js';

const CODES = ['400102', '400101', '15'] as const;

describe('not taken for another program, where several of ours share a store', () => {
  let stage: SharedStage;
  let first: Player;

  beforeEach(async () => {
    stage = await SharedStage.begin();
    first = await stage.join();
  });

  afterEach(() => stage.end());

  const nothingSuspected = (...players: Player[]) => {
    for (const { eventsOf } of players) expect(eventsOf('foreign-refresh-suspected')).toEqual([]);
  };

  it.each(['refresher', 'reader'] as const)('a refresh that a %s slept through, overlap and all', async (role) => {
    // Without a background it looks only when it has a reason, as one that has just been woken up.
    const sleeper = await stage.join({ role, backgroundRefresh: false });
    await sleeper.tickets.getCredentials();
    const other = await stage.join();
    await stage.pass(MINUTE, 10 * SECOND);
    await other.tickets.refresh();
    await stage.flow(MINUTE + SECOND);
    expect(sleeper.tickets.peek()).toMatchObject({ generation: 1 });
    await sleeper.query();
    nothingSuspected(sleeper);
  });

  it('a refresh that the application wanted, in whichever process', async () => {
    const second = await stage.join();
    for (let round = 0; round < 5; round += 1) {
      await [first, second][round % 2]!.tickets.refresh();
      await stage.passAndQuery(MINUTE + SECOND, 5 * SECOND);
    }
    nothingSuspected(first, second);
    expect(stage.sandbox.rejected).toBe(0);
  });

  it('a refresher that died in the middle, or whose vendor is down, to a reader', async () => {
    const reader = await stage.join({ role: 'reader' });
    stage.sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response', times: 1 });
    const down = stage.sandbox.injectFault({ endpoint: 'auth', kind: 'reset' });
    await first.tickets.refresh().catch(() => undefined);
    await stage.pass(MINUTE + 5 * SECOND, SECOND);
    const rejected = reader.query().catch((error: unknown) => error);
    await stage.flow(6 * SECOND);
    expect(await rejected).toMatchObject({ code: 'CREDENTIALS_REJECTED' });
    nothingSuspected(first, reader);
    // It is rejected once more, and meanwhile the vendor comes back.
    const helped = reader.query();
    await stage.flow(SECOND);
    down.clear();
    await stage.flow(15 * SECOND);
    await helped.catch(() => undefined);
    await reader.query();
    nothingSuspected(first, reader);
  });

  it('what a reader had seen explained long ago, when another reader asks for a refresh', async () => {
    const second = await stage.join({ backgroundRefresh: false });
    await second.tickets.getCredentials();
    const reader = await stage.join({ role: 'reader' });
    stage.sandbox.killCredentials();
    await first.query();
    await stage.pass(2 * MINUTE, 10 * SECOND);
    expect(first.eventsOf('foreign-refresh-suspected')).toHaveLength(1);
    stage.sandbox.killCredentials();
    const asked = reader.query();
    await stage.flow(6 * SECOND);
    await asked;
    // It was the reader who was rejected, and who tells.
    expect(reader.eventsOf('foreign-refresh-suspected')).toHaveLength(1);
    expect(first.eventsOf('foreign-refresh-suspected')).toHaveLength(1);
  });
});

describe('another program, where several of ours share a store', () => {
  it.each(CODES)(
    'is reported by one of them within an interval, and one refresh an overlap is forced: %s',
    async (code) => {
      const stage = await SharedStage.begin();
      try {
        const players = [await stage.join(), await stage.join(), await stage.join({ role: 'reader' })];
        stage.sandbox.configure({ deadTicketCode: code });
        const before = stage.sandbox.calls.accessToken;
        // Six minutes: each of 60 steps takes 6 s.
        await stage.pass(MINUTE, SECOND, async () => {
          stage.sandbox.foreignRefresh();
          // One refreshes; the others wait for it by the clock.
          const queries = Promise.allSettled(players.map(({ query }) => query()));
          await stage.flow(5 * SECOND);
          await queries;
        });
        const reports = players.flatMap(({ eventsOf }) => eventsOf('foreign-refresh-suspected'));
        expect(reports.length).toBeGreaterThan(0);
        expect(stage.sandbox.calls.accessToken - before).toBeLessThanOrEqual(6);
        expect(stage.sandbox.violations()).toEqual([]);
      } finally {
        await stage.end();
      }
    },
  );

  it('is told by a reader too, when what it has asked for has helped', async () => {
    const stage = await SharedStage.begin();
    try {
      await stage.join();
      const reader = await stage.join({ role: 'reader' });
      await stage.pass(5 * MINUTE, MINUTE);
      stage.sandbox.foreignRefresh();
      await stage.pass(MINUTE + SECOND, 10 * SECOND);
      const asked = reader.query();
      await stage.flow(6 * SECOND);
      await asked;
      expect(reader.counts.of('foreign-refresh-suspected')).toBe(1);
      expect(reader.counts.updates.refreshed).toBe(0);
    } finally {
      await stage.end();
    }
  });
});
