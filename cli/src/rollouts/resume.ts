import { changeCommand } from './change.ts'

export const command = changeCommand('resume', 'Let a paused rollout go on.')
