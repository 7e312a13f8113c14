import { contract } from './contract.ts'

contract(
  'three processes on Node, PostgreSQL and Redis',
  { runtime: 'node', database: true, redis: true, apart: true },
  'wire',
)
