import { changeCommand } from './change.ts'

export const command = changeCommand('pause', 'Let a rollout stand where it is.')
