import { csv, defineProject, files, fixedWidth } from 'millrace'

export default defineProject({
  name: 'orders_from_files',
  sources: {
    inbox: files({
      // A folder here; `s3://bucket/prefix` with `region`, `endpoint` and `credentials` reads a bucket in the same way.
      from: './inbox',
      streams: {
        // Becomes inbox.orders: every orders-*.csv, by its time and then its name, compressed or not.
        orders: {
          files: 'orders-*.csv*',
          key: ['id'],
          format: csv({
            columns: { id: 'int32', customer: 'text', ordered_on: 'date', amount: 'decimal(12,2)' },
          }),
        },
        // Becomes inbox.payments: what a bank sends, with a trailer that is checked.
        payments: {
          files: 'payments-*.txt',
          format: fixedWidth({
            code: { start: 1, length: 1 },
            layouts: {
              header: { code: 'H', role: 'header', fields: [{ name: 'made_on', start: 2, length: 8, type: 'date', format: 'YYYYMMDD' }] },
              payment: {
                code: 'P',
                fields: [
                  { name: 'order_id', start: 2, length: 6, type: 'int32' },
                  { name: 'paid_on', start: 8, length: 8, type: 'date', format: 'YYYYMMDD' },
                  { name: 'amount', start: 16, length: 10, type: 'decimal(12,2)' },
                  { name: 'reference', start: 26, length: 12, type: 'text' },
                ],
              },
              trailer: {
                code: 'T',
                role: 'trailer',
                fields: [
                  { name: 'payments', start: 2, length: 6, type: 'int32' },
                  { name: 'total', start: 8, length: 12, type: 'decimal(12,2)' },
                ],
                totals: [
                  { name: 'payments', of: 'count', field: 'payments' },
                  { name: 'total', of: { sum: 'amount' }, field: 'total' },
                ],
              },
            },
          }),
        },
      },
    }),
  },
})
