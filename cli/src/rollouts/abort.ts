import { changeCommand } from './change.ts'

export const command = changeCommand('abort', 'Take a rollout back: every device gets what was live before.')
