import { contract } from './contract.ts'

contract('one process on Bun, PostgreSQL and Redis', { runtime: 'bun', database: true, redis: true })
