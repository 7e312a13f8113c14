import type { Scope } from '../change.ts'
import { type Hindrance, listHindrances, mayRelease, waysOut } from '../releases/may-release.ts'
import type { AppRow } from '../store/apps.ts'

const asked = {
  // It was approved when it was started.
  isApproved: true,
  ways: {
    ...waysOut,
    frozen: () =>
      'The rollout goes on when the freeze is over or lifted: GET /manage/v1/freezes?active=true. An administrator may promote it with "override": true and a reason.',
  },
}

const idsOf = (roots: readonly AppRow[]): string[] => roots.map((app) => app.app_id)

/** Why a rollout of these apps may not go on now: one of them, a template above, what extends them or the fleet is frozen. */
export const findFreeze = async (
  { db }: Pick<Scope, 'db'>,
  roots: readonly AppRow[],
): Promise<string | undefined> => (await listHindrances(db, idsOf(roots), asked))[0]?.detail

/** Throws 409 (frozen) where that is so; an administrator may override it, and the answer tells what was overridden. */
export const mayGoOn = (scope: Scope, roots: readonly AppRow[], override: boolean): Promise<Hindrance[]> =>
  mayRelease(scope, idsOf(roots), { ...asked, override })
