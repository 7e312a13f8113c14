import { readSettings, SettingsProblem } from './settings.ts'

/** What is told of settings that need correction; nothing where they do not. */
export const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readSettings(env)
  } catch (error) {
    if (error instanceof SettingsProblem) return error.problems
    throw error
  }
  return []
}
