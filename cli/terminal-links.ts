/** Which terminals understand links (OSC 8, https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda). */

type Environment = Readonly<Record<string, string | undefined>>

const programs = new Set(['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper', 'rio'])
const terminals = /^(?:xterm-kitty|xterm-ghostty|foot|alacritty|wezterm|contour)/

/**
 * By what terminals tell of themselves; where nothing is told there are no links. tmux passes them on from 3.4; screen and the
 * Linux and FreeBSD consoles print rubbish. FORCE_HYPERLINK=1 and =0 decide.
 */
export function hasLinks(env: Environment): boolean {
  if (env.FORCE_HYPERLINK !== undefined) return env.FORCE_HYPERLINK !== '0' && env.FORCE_HYPERLINK !== ''
  if (env.CI !== undefined || env.TERM === 'dumb' || env.TERM === 'linux') return false
  if (env.TERM_PROGRAM === 'tmux') return versionOf(env.TERM_PROGRAM_VERSION) >= 3.4
  if (env.TMUX !== undefined || env.STY !== undefined || env.TERM?.startsWith('screen')) return false
  // Terminals on VTE (GNOME, Xfce, Tilix): 0.50.0 is 5000.
  return Number(env.VTE_VERSION ?? 0) >= 5000 || env.WT_SESSION !== undefined || env.KONSOLE_VERSION !== undefined || env.DOMTERM !== undefined
    || programs.has(env.TERM_PROGRAM ?? '') || terminals.test(env.TERM ?? '')
}

/** 3.4 of `3.4a`. */
const versionOf = (text = ''): number => Number(/^\d+\.\d+/.exec(text)?.[0] ?? 0)
