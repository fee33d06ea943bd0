import { defineConfig } from 'drizzle-kit'

/** `npx drizzle-kit generate` writes a new migration for what changed in the schema. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/schema/index.ts',
  out: './src/store/migrations',
})
