/** A card of the sandbox, as `GET /bank-cards/:orderNo` returns it. */
export const CARD_EXAMPLE = {
  orderNo: 'exampleExpiredPhotocopy',
  cardNumber: '620000*********7424',
  validity: { raw: '12/2024', month: 12, year: 2024 },
  expired: true,
  warnings: [{ code: '-9113', en: 'a photocopy', zh: '银行卡复印件' }],
  clarity: 79,
  operatedAt: '2026-11-28T13:09:38.000Z',
  photos: {
    status: 'complete',
    available: ['original'],
    links: { original: '/bank-cards/exampleExpiredPhotocopy/photos/original' },
  },
  retentionEndsAt: '2026-12-01T13:09:38.000Z',
  bizSeqNo: '26112820001184412621093800000005',
};

/** A launch of the sandbox; its signature is good for nothing. */
export const LAUNCH_EXAMPLE = {
  appId: 'IDASANDB',
  version: '1.0.0',
  nonce: 'Ey3h2DpI8n36MOFK93BiXKFk1wAJPu5g',
  userId: 'user1',
  orderNo: 'LpGPHNRrrFnomTUlCCtClK96xcZLci33',
  sign: '7250B083DFE9D02813F41C269152A404CF681742',
  expiresInMs: 119_998,
};
