interface Place {
  url: string
  token: string
}

/** One POST to the management API; throws with the answer's text when it is refused. */
export const post = async ({ url, token }: Place, path: string, body: object): Promise<unknown> => {
  const response = await fetch(`${url}/manage/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`POST ${path} was answered with ${response.status}: ${text}`)
  return JSON.parse(text)
}

/** Saves the next version of an app and returns its name; it is live only after `release`. */
export const saveVersion = async (place: Place, appId: string, data: object): Promise<string> => {
  const saved = await post(place, `/apps/${appId}/configs`, { bump: 'auto', data })
  return (saved as { configVersion: string }).configVersion
}

export const release = (place: Place, appId: string, configVersion: string): Promise<unknown> =>
  post(place, `/apps/${appId}/releases`, { configVersion })

/** Makes an app and a first version of this document live, as an operator would. */
export const publishDocument = async (
  place: Place,
  app: { appId: string },
  document: object,
): Promise<void> => {
  const { appId } = app
  await post(place, '/apps', { name: appId, ...app })
  await post(place, `/apps/${appId}/configs`, { configVersion: '1.0.0', ...document })
  await release(place, appId, '1.0.0')
}

/** Makes an app with one live config, as an operator would. */
export const publishNewApp = async (place: Place, appId: string, data: object): Promise<void> => {
  await post(place, '/apps', { appId, name: appId })
  await release(place, appId, await saveVersion(place, appId, data))
}
