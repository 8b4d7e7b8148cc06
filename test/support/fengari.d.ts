// The part of fengari, a Lua machine in JavaScript, that the tests use. It ships no types.
declare module 'fengari' {
  export interface LuaState {
    readonly __state: unique symbol
  }
  type LuaFunction = (state: LuaState) => number

  export const lua: {
    readonly LUA_OK: number
    readonly LUA_TNIL: number
    readonly LUA_TBOOLEAN: number
    readonly LUA_TNUMBER: number
    readonly LUA_TSTRING: number
    readonly LUA_TTABLE: number
    lua_close(state: LuaState): void
    lua_createtable(state: LuaState, listSize: number, size: number): void
    lua_getfield(state: LuaState, index: number, key: Uint8Array): number
    lua_next(state: LuaState, index: number): boolean
    lua_pcall(state: LuaState, args: number, results: number, handler: number): number
    lua_pop(state: LuaState, count: number): void
    lua_pushboolean(state: LuaState, value: boolean): void
    lua_pushcfunction(state: LuaState, value: LuaFunction): void
    lua_pushnil(state: LuaState): void
    lua_pushnumber(state: LuaState, value: number): void
    lua_pushstring(state: LuaState, value: Uint8Array): void
    lua_rawseti(state: LuaState, index: number, key: number): void
    lua_setfield(state: LuaState, index: number, key: Uint8Array): void
    lua_setglobal(state: LuaState, name: Uint8Array): void
    lua_toboolean(state: LuaState, index: number): boolean
    lua_tojsstring(state: LuaState, index: number): string
    lua_tonumber(state: LuaState, index: number): number
    lua_type(state: LuaState, index: number): number
  }
  export const lauxlib: {
    luaL_loadstring(state: LuaState, text: Uint8Array): number
    luaL_newstate(): LuaState
    luaL_requiref(state: LuaState, name: Uint8Array, open: LuaFunction, global: number): void
    luaL_tolstring(state: LuaState, index: number): Uint8Array
  }
  export const lualib: {
    luaopen_base: LuaFunction
    luaopen_package: LuaFunction
    luaopen_table: LuaFunction
  }
  export function to_luastring(text: string): Uint8Array
}
