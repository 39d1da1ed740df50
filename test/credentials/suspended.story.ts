import type { Clock } from 'nestjs-bankcard-ocr';
import { MINUTE, SECOND } from '../support/moved-time.js';
import { SharedStage } from '../support/shared-stage.js';

let stage: SharedStage;

beforeEach(async () => {
  stage = await SharedStage.begin();
});

afterEach(() => stage.end());

/** The clocks of a machine that was suspended for `lostMs`: the monotonic one stood still, the wall clock did not. */
function suspended(clock: Clock): Clock & { lostMs: number } {
  return {
    lostMs: 0,
    now: () => clock.now(),
    monotonic() {
      return clock.monotonic() - this.lostMs;
    },
    setTimer: (...timer) => clock.setTimer(...timer),
  };
}

describe('a process on a machine that was suspended for longer than the overlap', () => {
  it('does not put back what has died meanwhile over what lives, and tells of no foreign refresh', async () => {
    const { store, sandbox } = stage;
    const awake = await stage.join();
    const clock = suspended(stage.clock);
    const sleeper = await stage.join({ clock, backgroundRefresh: false });
    await sleeper.query();
    await stage.pass(25 * MINUTE, 30 * SECOND, () => awake.query());
    clock.lostMs = 25 * MINUTE;
    await sleeper.tickets.reload();
    await sleeper.query();
    await stage.passAndQuery(5 * MINUTE, 15 * SECOND);
    expect(store.record?.current).toMatchObject({ number: 2, id: awake.tickets.status().generationId });
    expect(sleeper.tickets.status()).toMatchObject({ generation: 2, generationId: store.record?.current?.id });
    expect(sleeper.eventsOf('store-restored')).toEqual([]);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.rejected).toBe(0);
  });
});

describe('a refresh whose token waited for its ticket and was refused', () => {
  it('stays wanted when the next token is refused too: what is held is dying', async () => {
    const { store, sandbox } = stage;
    const player = await stage.join();
    await stage.pass(5 * MINUTE, 10 * SECOND);
    const down = sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502', times: 1 });
    await expect(player.tickets.refresh()).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
    down.clear();
    expect(store.record?.pending).toBeDefined();
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'code', code: '15', times: 1 });
    sandbox.injectFault({ endpoint: 'access_token', kind: 'code', code: '400506', times: 1 });
    // The token that waits is refused, then the request for a new one, in the vendor's own words; and no query fails.
    await stage.passAndQuery(3 * MINUTE, 5 * SECOND);
    expect(sandbox.rejected).toBe(0);
    expect(player.tickets.status()).toMatchObject({ state: 'fresh' });
    expect(player.eventsOf('foreign-refresh-suspected')).toEqual([]);
  });
});
