import { defineProject, env, postgres, webhook } from 'millrace'

export default defineProject({
  name: 'shop',
  sources: {
    // Every table of the schema `public` becomes a stream: shop.orders, shop.customers, …
    shop: postgres({ url: env('SHOP_URL') }),
  },
  deliveries: {
    totals: webhook({ from: 'order_totals', url: env('TOTALS_URL'), secret: env('TOTALS_SECRET') }),
  },
  // Deliveries reach no inside address unless it is named here.
  allowInside: ['127.0.0.1'],
})
