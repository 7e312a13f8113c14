/** Unleash as its own documentation starts it; run as a process: port and database in the environment. */
const { start } = await import('unleash-server' as string)

await start({
  databaseUrl: process.env.DATABASE_URL,
  server: { port: Number(process.env.PORT), host: '127.0.0.1' },
  authentication: { type: 'none' },
  logLevel: 'error',
  disableLegacyFeaturesApi: false,
})
