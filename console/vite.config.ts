import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `npm run dev` shows the page as it is written, over a running Millrace or the simulation beside it. */
const RUNNING = 'http://127.0.0.1:4480'

export default defineConfig({
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 400 },
  server: { host: '127.0.0.1', proxy: { '/api': RUNNING } },
})
