import { contract } from './contract.ts'

// The rules are the same code and the same SQL as on Node; a campaign runs them here too.
contract('one process on Bun, PostgreSQL and Redis', { runtime: 'bun', database: true, redis: true }, 'wire')
