import t from 'tap'
import { chooseLanguage } from '../cli/language.ts'
import { columnsOf, padded, wrapped } from '../reports/wrap.ts'
import fc from '../test-corpus/property.ts'
import { inLanguage, language, languageNamed, languageOf, mark, noted, plural, retold, say, speak, spokenTable } from './say.ts'

const chinese = {
  texts: {
    '{n} finding': '{n} 项诊断结果', 'Found {all}; the first: {title}.': '发现 {all}；首先：{title}。', 'not there': '不存在', 'the kernel log': '内核日志', '; ': '；', ': ': '：',
    'the first and {last}': '第一个和{last}', 'the state shows it; nothing happened': '状态表明如此；没有发生',
  },
  notes: [['took longer than {n} s', '用时超过 {n} 秒'], ['taken for {kind} ({why})', '识别为{kind}（{why}）'], ['permission denied', '权限不足'], ['the state shows it; nothing happened', '状态表明如此；没有发生']],
} as const
const english = () => speak('en', null)
t.afterEach(english)

t.test('the language of an environment', async t => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{}, 'en'],
    [{ LANG: 'zh_CN.UTF-8' }, 'zh-CN'],
    [{ LANG: 'zh_SG' }, 'zh-CN'],
    [{ LANG: 'zh_TW.UTF-8' }, 'en'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'en_GB.UTF-8' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_CN.GB18030' }, 'zh-CN'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: '', LANGUAGE: 'zh_CN:en' }, 'zh-CN'],
    [{ LANG: 'C.UTF-8', LANGUAGE: 'zh_CN' }, 'en'],
    [{ LANG: 'POSIX' }, 'en'],
  ]
  for (const [environment, expected] of cases) t.equal(languageOf(environment), expected, JSON.stringify(environment))
  for (const name of ['zh', 'zh-CN', 'zh_CN', 'ZH-cn', 'zh-Hans', 'zh-Hans-SG', 'zh_CN.UTF-8@pinyin']) t.equal(languageNamed(name), 'zh-CN', name)
  for (const name of ['zh-Hant', 'zh_HK', 'fr', '', 'zhcn']) t.equal(languageNamed(name), null, name)
})

t.test('--lang is stronger than the locale', async t => {
  const chosen = (words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    english()
    chooseLanguage(words, environment)
    return language()
  }
  t.equal(chosen(['replay', 'x', '--lang', 'zh-CN']), 'zh-CN')
  t.equal(say('Nothing wrong was found.'), '没有发现问题。', 'its texts are there')
  t.equal(chosen(['--lang=zh_CN']), 'zh-CN')
  t.equal(chosen(['--lang', 'en'], { LANG: 'zh_CN.UTF-8' }), 'en')
  t.equal(chosen(['replay', '--', '--lang', 'zh-CN']), 'en', 'a file of that name is no option')
  t.equal(chosen(['--lang', 'klingon'], { LANG: 'zh_CN.UTF-8' }), 'zh-CN', 'what there is none of leaves the locale to say in which language that is complained of')
  t.equal(chosen(['--lang']), 'en')
})

t.test('texts and their placeholders', async t => {
  t.equal(say('Found {all}; the first: {title}.', { all: '2 errors', title: '{all}' }), 'Found 2 errors; the first: {all}.', 'a value is never filled again')
  t.equal(plural(1, '{n} finding', '{n} findings'), '1 finding')
  t.equal(plural(2, '{n} finding', '{n} findings'), '2 findings')
  t.equal(say('{missing} stays', {}), '{missing} stays')
  const table = spokenTable({ absent: mark('not there') })
  t.equal(table.absent, 'not there')
  speak('zh-CN', chinese)
  t.equal(say('Found {all}; the first: {title}.', { all: plural(2, '{n} finding', '{n} findings'), title: 'x' }), '发现 2 项诊断结果；首先：x。')
  t.equal(say('the first and {last}', { last: '1 more' }), '第一个和 1 more', 'Latin letters stand apart from Chinese')
  t.equal(say('the first and {last}', { last: '其余' }), '第一个和其余')
  t.equal(table.absent, '不存在', 'a table speaks the language of the moment')
  t.equal(say('only in English'), 'only in English', 'what has no translation is said in English')
  t.equal(inLanguage('constructor'), 'constructor')
})

t.test('notes of evidence', async t => {
  const note = noted('took longer than {n} s', { n: 3 })
  t.equal(retold(note), note, 'English says what was noted')
  speak('zh-CN', chinese)
  t.equal(noted('took longer than {n} s', { n: 3 }), note, 'notes are the same in every language')
  t.equal(retold(note), '用时超过 3 秒')
  t.equal(retold(`dmesg: ${note}; permission denied; EIO`), 'dmesg：用时超过 3 秒；权限不足；EIO')
  t.equal(retold('taken for the kernel log (permission denied)'), '识别为内核日志（权限不足）', 'what stands in a note is retold as well')
  t.equal(retold('the state shows it; nothing happened; permission denied'), '状态表明如此；没有发生；权限不足', 'a text may hold a semicolon')
  fc.assert(fc.property(fc.string({ maxLength: 300 }), text => typeof retold(text) === 'string'))
})

t.test('Chinese in columns', async t => {
  t.equal(columnsOf('宿主机 a'), 8)
  t.equal(padded('宿主机', 9), '宿主机   ')
  t.equal(padded('Host', 9), 'Host     ')
  const text = '固件已启用 IOMMU，但内核没有使用它（见 /proc/cmdline）；请把 intel_iommu=on 加入内核命令行。'
  for (let width = 16; width < 60; width++) {
    const lines = wrapped(text, width)
    t.ok(lines.every(line => columnsOf(line) <= width + 2), `fits ${width}`)
    t.notOk(lines.some(line => /^[，。；：）]/u.test(line)), 'no line begins with what closes a phrase')
    t.notOk(lines.some(line => /（$/u.test(line)), 'nor ends with what opens one')
    t.equal(lines.join('').replace(/ /g, ''), text.replace(/ /g, ''), 'nothing is lost')
  }
})
