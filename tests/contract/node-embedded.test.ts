import { contract } from './contract.ts'

contract('one process on Node, embedded stores', { runtime: 'node' })
