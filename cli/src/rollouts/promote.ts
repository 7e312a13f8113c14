import { changeCommand } from './change.ts'

export const command = changeCommand('promote', 'Give it to all devices now.')
