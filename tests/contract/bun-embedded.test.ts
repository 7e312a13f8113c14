import { contract } from './contract.ts'

contract('one process on Bun, embedded stores', { runtime: 'bun' }, 'wire')
