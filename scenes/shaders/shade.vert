#version 330
in vec3 position; in vec3 normal; in vec3 colour; in vec2 tag; in vec3 rest;
uniform mat4 view; uniform mat4 sun_view;
invariant gl_Position; out vec3 world; out vec3 bent; out vec3 albedo; flat out int surface; out vec4 in_sun; out vec3 anchored;
void main() {
  world = position; bent = normal; albedo = colour; surface = int(tag.x + .5);
  in_sun = sun_view * vec4(position, 1); anchored = rest; gl_Position = view * vec4(position, 1);
}
