import { contract } from './contract.ts'

contract('one process on Node, PostgreSQL and Redis', { runtime: 'node', database: true, redis: true })
