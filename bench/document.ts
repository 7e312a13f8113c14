/** The document of 50 keys that every contestant serves: scalars, lists and a nested object, as a mobile app would have. */
export const documentOf50Keys = (): Record<string, unknown> => {
  const entry = (index: number): [string, unknown] => {
    const key = `setting_${String(index).padStart(2, '0')}`
    if (index % 10 === 0)
      return [key, { enabled: index % 20 === 0, label: `Section ${index}`, order: [1, 2, 3] }]
    if (index % 5 === 0) return [key, ['home', 'search', 'basket', 'account']]
    if (index % 4 === 0) return [key, index * 250]
    if (index % 3 === 0) return [key, index % 2 === 0]
    return [key, `https://cdn.example.com/assets/v${index}/image-${index * 7919}.webp`]
  }
  return Object.fromEntries(Array.from({ length: 50 }, (_, index) => entry(index + 1)))
}
