/** Light or dark: the system's choice until the reader makes one, which this browser then keeps. */
export type Theme = 'auto' | 'light' | 'dark'

const STORED_AS = 'millrace.theme'

export function storedTheme(): Theme {
  const stored = localStorage.getItem(STORED_AS)
  return stored === 'light' || stored === 'dark' ? stored : 'auto'
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') {
    localStorage.removeItem(STORED_AS)
    delete document.documentElement.dataset['theme']
  } else {
    localStorage.setItem(STORED_AS, theme)
    document.documentElement.dataset['theme'] = theme
  }
}
