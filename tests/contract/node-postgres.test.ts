import { contract } from './contract.ts'

contract('one process on Node, PostgreSQL without Redis', { runtime: 'node', database: true }, 'wire')
