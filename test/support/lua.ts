// Runs a Lua script as Argo CD runs those from argocd-cm: with the package, base and table libraries alone, and of os only the time.
import { lauxlib, lua, lualib, to_luastring, type LuaState } from 'fengari'

/** What the script returns, given an object as `obj`. JSON as Lua sees it: null is nothing, and an empty table is `{}`. */
export function runLua(script: string, obj: unknown): unknown {
  const state = openState()
  try {
    pushValue(state, obj)
    lua.lua_setglobal(state, to_luastring('obj'))
    check(state, lauxlib.luaL_loadstring(state, to_luastring(script)))
    check(state, lua.lua_pcall(state, 0, 1, 0))
    return readValue(state)
  } finally {
    lua.lua_close(state)
  }
}

function openState(): LuaState {
  const state = lauxlib.luaL_newstate()
  const libraries = { package: lualib.luaopen_package, _G: lualib.luaopen_base, table: lualib.luaopen_table }
  for (const [name, open] of Object.entries(libraries)) {
    lauxlib.luaL_requiref(state, to_luastring(name), open, 1)
    lua.lua_pop(state, 1)
  }
  lua.lua_getfield(state, pushGlobal(state, 'package'), to_luastring('preload'))
  lua.lua_pushcfunction(state, openSafeOs)
  lua.lua_setfield(state, -2, to_luastring('os'))
  lua.lua_pop(state, 2)
  return state
}

function pushGlobal(state: LuaState, name: string): number {
  check(state, lauxlib.luaL_loadstring(state, to_luastring(`return ${name}`)))
  check(state, lua.lua_pcall(state, 0, 1, 0))
  return -1
}

/** `require("os")` gives the time and the date, and no way out. The machine's own os.date does not know UTC. */
function openSafeOs(state: LuaState): number {
  lua.lua_createtable(state, 0, 2)
  lua.lua_pushcfunction(state, () => {
    lua.lua_pushnumber(state, Math.floor(Date.now() / 1000))
    return 1
  })
  lua.lua_setfield(state, -2, to_luastring('time'))
  lua.lua_pushcfunction(state, () => {
    lua.lua_pushstring(state, to_luastring(formatDate(lua.lua_tojsstring(state, 1))))
    return 1
  })
  lua.lua_setfield(state, -2, to_luastring('date'))
  return 1
}

function formatDate(format: string): string {
  if (!format.startsWith('!')) throw new Error(`os.date("${format}") is local time; begin the format with !`)
  const [, Y = '', m = '', d = '', H = '', M = '', S = ''] =
    /(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/.exec(new Date().toISOString()) ?? []
  const parts: Readonly<Record<string, string>> = { Y, m, d, H, M, S }
  return format.slice(1).replace(/%(.)/g, (all, letter: string) => parts[letter] ?? all)
}

function check(state: LuaState, code: number): void {
  if (code === lua.LUA_OK) return
  lauxlib.luaL_tolstring(state, -1)
  throw new Error(lua.lua_tojsstring(state, -1))
}

function pushValue(state: LuaState, value: unknown): void {
  if (typeof value === 'string') return lua.lua_pushstring(state, to_luastring(value))
  if (typeof value === 'number') return lua.lua_pushnumber(state, value)
  if (typeof value === 'boolean') return lua.lua_pushboolean(state, value)
  if (typeof value !== 'object' || value === null) return lua.lua_pushnil(state)
  lua.lua_createtable(state, 0, 0)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      pushValue(state, item)
      lua.lua_rawseti(state, -2, index + 1)
    }
    return
  }
  for (const [key, item] of Object.entries(value)) {
    pushValue(state, item)
    lua.lua_setfield(state, -2, to_luastring(key))
  }
}

/** The value on top of the stack. */
function readValue(state: LuaState): unknown {
  switch (lua.lua_type(state, -1)) {
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(state, -1)
    case lua.LUA_TNUMBER:
      return lua.lua_tonumber(state, -1)
    case lua.LUA_TSTRING:
      return lua.lua_tojsstring(state, -1)
    case lua.LUA_TTABLE:
      return readTable(state)
    default:
      return undefined
  }
}

function readTable(state: LuaState): unknown {
  const entries = new Map<string | number, unknown>()
  lua.lua_pushnil(state)
  while (lua.lua_next(state, -2)) {
    const value = readValue(state)
    lua.lua_pop(state, 1)
    const isNumber = lua.lua_type(state, -1) === lua.LUA_TNUMBER
    // Asking a number for its text would turn it into one, and confuse the walk.
    entries.set(isNumber ? lua.lua_tonumber(state, -1) : lua.lua_tojsstring(state, -1), value)
  }
  if (!entries.has(1)) return Object.fromEntries(entries)
  return [...entries].sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value)
}
