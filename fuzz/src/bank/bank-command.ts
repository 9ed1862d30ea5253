import { type Command, defineCommand } from '@millrace/testing'

export const bank: Command = defineCommand({
  name: 'bank',
  summary: `transfers of one unit among accounts, summed by four models built on each other: every total that is
ever published is 0, and no transfer is ever told without the receipt that came with it`,
  options: {
    transfers: { default: 200_000, quick: 5000, help: 'how many transfers; 10000000 is the full test' },
    accounts: { default: 1000, help: 'among how many accounts' },
    seed: { default: 1, help: 'the seed of the transfers' },
  },
  async run(values, note) {
    const { bankTransfers } = await import('./bank-transfers.ts')
    const outcome = await bankTransfers({ ...values, note })
    return { outcome, ok: outcome.wrongTotals === 0 && outcome.wrongUnmatched === 0 && outcome.lastIsExact }
  },
})
